// PS3.15 2024b, table E.1-1: what the profile does with each attribute, and what each option changes about it.
//
// All 621 rows of it, but "private attributes", which profile.ts knows without one. One row for each attribute of the table: tag (x: any digit), keyword of PS3.6, action of the Basic Profile, and letters for
// the columns of options that have an entry. // Full dates (K wherever modified dates have C) and safe private attributes are columns this program does not offer.

/** Letter -> column of the table and its action. */
export const COLUMNS = {
  u: { option: "retain-uids", action: "K" },
  d: { option: "retain-device-identity", action: "K" },
  e: { option: "retain-device-identity", action: "C" },
  i: { option: "retain-institution-identity", action: "K" },
  p: { option: "retain-patient-characteristics", action: "K" },
  q: { option: "retain-patient-characteristics", action: "C" },
  t: { option: "retain-modified-dates", action: "C" },
  c: { option: "clean-descriptors", action: "C" },
  s: { option: "clean-structured-content", action: "C" },
  g: { option: "clean-graphics", action: "C" },
} as const;

export type Letter = keyof typeof COLUMNS;
/** Actions of the Basic Profile, PS3.15 table E.1-1a. */
export type BasicAction = "D" | "Z" | "X" | "U" | "X/Z" | "X/D" | "Z/D" | "X/Z/D" | "X/Z/U";

export interface Row {
  /** eight hexadecimal digits; x stands for any */
  readonly tag: string;
  readonly keyword: string;
  readonly basic: BasicAction;
  readonly letters: readonly Letter[];
}

const TABLE = `
00001000 AffectedSOPInstanceUID X u
00001001 RequestedSOPInstanceUID U u
00020003 MediaStorageSOPInstanceUID U u
00041511 ReferencedSOPInstanceUIDInFile U u
00080012 InstanceCreationDate X/D t
00080013 InstanceCreationTime X/Z/D t
00080014 InstanceCreatorUID U u
00080015 InstanceCoercionDateTime X t
00080017 AcquisitionUID U u
00080018 SOPInstanceUID U u
00080019 PyramidUID U u
00080020 StudyDate Z t
00080021 SeriesDate X/D t
00080022 AcquisitionDate X/Z t
00080023 ContentDate Z/D t
00080024 RETIRED_OverlayDate X t
00080025 RETIRED_CurveDate X t
0008002a AcquisitionDateTime X/Z/D t
00080030 StudyTime Z t
00080031 SeriesTime X/D t
00080032 AcquisitionTime X/Z t
00080033 ContentTime Z/D t
00080034 RETIRED_OverlayTime X t
00080035 RETIRED_CurveTime X t
00080050 AccessionNumber Z
00080054 RetrieveAETitle X e
00080055 StationAETitle X e
00080058 FailedSOPInstanceUIDList U u
00080080 InstitutionName X/Z/D i
00080081 InstitutionAddress X i
00080082 InstitutionCodeSequence X/Z/D i
00080090 ReferringPhysicianName Z
00080092 ReferringPhysicianAddress X
00080094 ReferringPhysicianTelephoneNumbers X
00080096 ReferringPhysicianIdentificationSequence X
0008009c ConsultingPhysicianName Z
0008009d ConsultingPhysicianIdentificationSequence X
00080106 ContextGroupVersion D t
00080107 ContextGroupLocalVersion D t
00080201 TimezoneOffsetFromUTC X t
00081000 RETIRED_NetworkID X e
00081010 StationName X/Z/D d
00081030 StudyDescription X c
0008103e SeriesDescription X c
00081040 InstitutionalDepartmentName X i
00081041 InstitutionalDepartmentTypeCodeSequence X i
00081048 PhysiciansOfRecord X
00081049 PhysiciansOfRecordIdentificationSequence X
00081050 PerformingPhysicianName X
00081052 PerformingPhysicianIdentificationSequence X
00081060 NameOfPhysiciansReadingStudy X
00081062 PhysiciansReadingStudyIdentificationSequence X
00081070 OperatorsName X/Z/D
00081072 OperatorIdentificationSequence X/D
00081080 AdmittingDiagnosesDescription X c
00081084 AdmittingDiagnosesCodeSequence X c
00081088 PyramidDescription X c
00081110 ReferencedStudySequence X/Z u
00081111 ReferencedPerformedProcedureStepSequence X/Z/D u
00081120 ReferencedPatientSequence X u
00081140 ReferencedImageSequence X/Z/U u
00081155 ReferencedSOPInstanceUID U u
00081195 TransactionUID U u
00082111 DerivationDescription X c
00082112 SourceImageSequence X/Z/U u
00083010 IrradiationEventUID U u
00084000 RETIRED_IdentifyingComments X c
00100010 PatientName Z
00100020 PatientID Z/D
00100021 IssuerOfPatientID X
00100030 PatientBirthDate Z
00100032 PatientBirthTime X
00100040 PatientSex Z p
00100050 PatientInsurancePlanCodeSequence X
00100101 PatientPrimaryLanguageCodeSequence X
00100102 PatientPrimaryLanguageModifierCodeSequence X
00101000 OtherPatientIDs X
00101001 OtherPatientNames X
00101002 OtherPatientIDsSequence X
00101005 PatientBirthName X
00101010 PatientAge X p
00101020 PatientSize X p
00101030 PatientWeight X p
00101040 PatientAddress X
00101050 RETIRED_InsurancePlanIdentification X
00101060 PatientMotherBirthName X
00101080 MilitaryRank X
00101081 BranchOfService X
00101090 MedicalRecordLocator X
00101100 ReferencedPatientPhotoSequence X
00102000 MedicalAlerts X c
00102110 Allergies X qc
00102150 CountryOfResidence X
00102152 RegionOfResidence X
00102154 PatientTelephoneNumbers X
00102155 PatientTelecomInformation X
00102160 EthnicGroup X p
00102180 Occupation X c
001021a0 SmokingStatus X p
001021b0 AdditionalPatientHistory X c
001021c0 PregnancyStatus X p
001021d0 LastMenstrualDate X t
001021f0 PatientReligiousPreference X
00102203 PatientSexNeutered X/Z p
00102297 ResponsiblePerson X
00102299 ResponsibleOrganization X
00104000 PatientComments X c
00120010 ClinicalTrialSponsorName D
00120020 ClinicalTrialProtocolID D
00120021 ClinicalTrialProtocolName Z
00120022 IssuerOfClinicalTrialProtocolID X
00120023 OtherClinicalTrialProtocolIDsSequence X
00120030 ClinicalTrialSiteID Z i
00120031 ClinicalTrialSiteName Z i
00120032 IssuerOfClinicalTrialSiteID X
00120040 ClinicalTrialSubjectID D
00120041 IssuerOfClinicalTrialSubjectID X
00120042 ClinicalTrialSubjectReadingID D
00120043 IssuerOfClinicalTrialSubjectReadingID X
00120050 ClinicalTrialTimePointID Z
00120051 ClinicalTrialTimePointDescription X c
00120055 IssuerOfClinicalTrialTimePointID X
00120060 ClinicalTrialCoordinatingCenterName Z i
00120071 ClinicalTrialSeriesID X
00120072 ClinicalTrialSeriesDescription X c
00120073 IssuerOfClinicalTrialSeriesID X
00120081 ClinicalTrialProtocolEthicsCommitteeName D i
00120082 ClinicalTrialProtocolEthicsCommitteeApprovalNumber X
00120086 EthicsCommitteeApprovalEffectivenessStartDate X t
00120087 EthicsCommitteeApprovalEffectivenessEndDate X t
0014407c CalibrationTime X dt
0014407e CalibrationDate X dt
0016002b MakerNote X c
0016004b DeviceSettingDescription X c
0016004d CameraOwnerName X
0016004e LensSpecification X d
0016004f LensMake X d
00160050 LensModel X d
00160051 LensSerialNumber X d
00160070 GPSVersionID X
00160071 GPSLatitudeRef X
00160072 GPSLatitude X
00160073 GPSLongitudeRef X
00160074 GPSLongitude X
00160075 GPSAltitudeRef X
00160076 GPSAltitude X
00160077 GPSTimeStamp X
00160078 GPSSatellites X
00160079 GPSStatus X
0016007a GPSMeasureMode X
0016007b GPSDOP X
0016007c GPSSpeedRef X
0016007d GPSSpeed X
0016007e GPSTrackRef X
0016007f GPSTrack X
00160080 GPSImgDirectionRef X
00160081 GPSImgDirection X
00160082 GPSMapDatum X
00160083 GPSDestLatitudeRef X
00160084 GPSDestLatitude X
00160085 GPSDestLongitudeRef X
00160086 GPSDestLongitude X
00160087 GPSDestBearingRef X
00160088 GPSDestBearing X
00160089 GPSDestDistanceRef X
0016008a GPSDestDistance X
0016008b GPSProcessingMethod X
0016008c GPSAreaInformation X
0016008d GPSDateStamp X t
0016008e GPSDifferential X
00180010 ContrastBolusAgent Z/D c
00180027 InterventionDrugStopTime X t
00180035 InterventionDrugStartTime X t
00181000 DeviceSerialNumber X/Z/D d
00181002 DeviceUID U ud
00181004 PlateID X d
00181005 GeneratorID X d
00181007 CassetteID X d
00181008 GantryID X d
00181009 UniqueDeviceIdentifier X d
0018100a UDISequence X d
0018100b ManufacturerDeviceClassUID U ud
00181012 DateOfSecondaryCapture X t
00181014 TimeOfSecondaryCapture X t
00181030 ProtocolName X/D c
00181042 ContrastBolusStartTime X t
00181043 ContrastBolusStopTime X t
00181072 RadiopharmaceuticalStartTime X t
00181073 RadiopharmaceuticalStopTime X t
00181078 RadiopharmaceuticalStartDateTime X t
00181079 RadiopharmaceuticalStopDateTime X t
001811bb AcquisitionFieldOfViewLabel D c
00181200 DateOfLastCalibration X dt
00181201 TimeOfLastCalibration X dt
00181202 DateTimeOfLastCalibration X dt
00181203 CalibrationDateTime Z dt
00181204 DateOfManufacture X dt
00181205 DateOfInstallation X dt
00181400 AcquisitionDeviceProcessingDescription X/D c
00182042 TargetUID U u
00184000 RETIRED_AcquisitionComments X c
00185011 TransducerIdentificationSequence X d
0018700a DetectorID X/D d
0018700c DateOfLastDetectorCalibration X/D dt
0018700e TimeOfLastDetectorCalibration X/D dt
00189074 FrameAcquisitionDateTime D t
00189151 FrameReferenceDateTime D t
00189185 RespiratoryMotionCompensationTechniqueDescription X c
00189367 XRaySourceID D d
00189369 SourceStartDateTime D t
0018936a SourceEndDateTime D t
00189371 XRayDetectorID D d
00189373 XRayDetectorLabel X d
0018937b MultienergyAcquisitionDescription X c
0018937f DecompositionDescription X c
00189424 AcquisitionProtocolDescription X c
00189516 StartAcquisitionDateTime X/D t
00189517 EndAcquisitionDateTime X/D t
00189623 FunctionalSyncPulse D t
00189701 DecayCorrectionDateTime D t
00189804 ExclusionStartDateTime D t
00189919 InstructionPerformedDateTime Z/D t
00189937 RequestedSeriesDescription X c
0018a002 ContributionDateTime X t
0018a003 ContributionDescription X c
0020000d StudyInstanceUID U u
0020000e SeriesInstanceUID U u
00200010 StudyID Z
00200027 PyramidLabel X c
00200052 FrameOfReferenceUID U u
00200200 SynchronizationFrameOfReferenceUID U u
00203401 RETIRED_ModifyingDeviceID X d
00203403 RETIRED_ModifiedImageDate X t
00203405 RETIRED_ModifiedImageTime X t
00203406 RETIRED_ModifiedImageDescription X
00204000 ImageComments X c
00209158 FrameComments X c
00209161 ConcatenationUID U u
00209164 DimensionOrganizationUID U u
00281199 PaletteColorLookupTableUID U u
00281214 RETIRED_LargePaletteColorLookupTableUID U u
00284000 RETIRED_ImagePresentationComments X
00320012 RETIRED_StudyIDIssuer X
00320032 RETIRED_StudyVerifiedDate X t
00320033 RETIRED_StudyVerifiedTime X t
00320034 RETIRED_StudyReadDate X t
00320035 RETIRED_StudyReadTime X t
00321000 RETIRED_ScheduledStudyStartDate X t
00321001 RETIRED_ScheduledStudyStartTime X t
00321010 RETIRED_ScheduledStudyStopDate X t
00321011 RETIRED_ScheduledStudyStopTime X t
00321020 RETIRED_ScheduledStudyLocation X d
00321021 RETIRED_ScheduledStudyLocationAETitle X e
00321030 RETIRED_ReasonForStudy X c
00321032 RequestingPhysician X
00321033 RequestingService X
00321040 RETIRED_StudyArrivalDate X t
00321041 RETIRED_StudyArrivalTime X t
00321050 RETIRED_StudyCompletionDate X t
00321051 RETIRED_StudyCompletionTime X t
00321060 RequestedProcedureDescription X/Z c
00321066 ReasonForVisit X c
00321067 ReasonForVisitCodeSequence X c
00321070 RequestedContrastAgent X c
00324000 RETIRED_StudyComments X c
00340001 FlowIdentifierSequence D
00340002 FlowIdentifier D
00340005 SourceIdentifier D
00340007 FrameOriginTimestamp D t
00380004 ReferencedPatientAliasSequence X
00380010 AdmissionID X
00380011 RETIRED_IssuerOfAdmissionID X
00380014 IssuerOfAdmissionIDSequence X
0038001a RETIRED_ScheduledAdmissionDate X t
0038001b RETIRED_ScheduledAdmissionTime X t
0038001c RETIRED_ScheduledDischargeDate X t
0038001d RETIRED_ScheduledDischargeTime X t
0038001e RETIRED_ScheduledPatientInstitutionResidence X
00380020 AdmittingDate X t
00380021 AdmittingTime X t
00380030 RETIRED_DischargeDate X t
00380032 RETIRED_DischargeTime X t
00380040 RETIRED_DischargeDiagnosisDescription X c
00380050 SpecialNeeds X q
00380060 ServiceEpisodeID X
00380061 RETIRED_IssuerOfServiceEpisodeID X
00380062 ServiceEpisodeDescription X c
00380064 IssuerOfServiceEpisodeIDSequence X
00380300 CurrentPatientLocation X
00380400 PatientInstitutionResidence X
00380500 PatientState X qc
00384000 VisitComments X c
003a0310 MultiplexGroupUID U u
003a0314 ImpedanceMeasurementDateTime D t
003a0329 WaveformFilterDescription X c
003a032b FilterLookupTableDescription X c
00400001 ScheduledStationAETitle X e
00400002 ScheduledProcedureStepStartDate X t
00400003 ScheduledProcedureStepStartTime X t
00400004 ScheduledProcedureStepEndDate X t
00400005 ScheduledProcedureStepEndTime X t
00400006 ScheduledPerformingPhysicianName X
00400007 ScheduledProcedureStepDescription X c
00400009 ScheduledProcedureStepID X
0040000b ScheduledPerformingPhysicianIdentificationSequence X
00400010 ScheduledStationName X d
00400011 ScheduledProcedureStepLocation X d
00400012 PreMedication X q
00400241 PerformedStationAETitle X e
00400242 PerformedStationName X d
00400243 PerformedLocation X
00400244 PerformedProcedureStepStartDate X t
00400245 PerformedProcedureStepStartTime X t
00400250 PerformedProcedureStepEndDate X t
00400251 PerformedProcedureStepEndTime X t
00400253 PerformedProcedureStepID X
00400254 PerformedProcedureStepDescription X c
00400275 RequestAttributesSequence X c
00400280 CommentsOnThePerformedProcedureStep X c
00400310 CommentsOnRadiationDose X c
0040050a RETIRED_SpecimenAccessionNumber X
00400512 ContainerIdentifier D
00400513 IssuerOfTheContainerIdentifierSequence Z
0040051a ContainerDescription X c
00400551 SpecimenIdentifier D
00400554 SpecimenUID U u
00400555 AcquisitionContextSequence X/Z s
00400562 IssuerOfTheSpecimenIdentifierSequence Z
00400600 SpecimenShortDescription X c
00400602 SpecimenDetailedDescription X c
00400610 SpecimenPreparationSequence Z s
004006fa RETIRED_SlideIdentifier X
00401001 RequestedProcedureID X
00401002 ReasonForTheRequestedProcedure X c
00401004 PatientTransportArrangements X
00401005 RequestedProcedureLocation X
0040100a ReasonForRequestedProcedureCodeSequence X c
00401010 NamesOfIntendedRecipientsOfResults X
00401011 IntendedRecipientsOfResultsIdentificationSequence X
00401101 PersonIdentificationCodeSequence D
00401102 PersonAddress X
00401103 PersonTelephoneNumbers X
00401104 PersonTelecomInformation X
00401400 RequestedProcedureComments X c
00402001 RETIRED_ReasonForTheImagingServiceRequest X c
00402004 IssueDateOfImagingServiceRequest X t
00402005 IssueTimeOfImagingServiceRequest X t
00402008 OrderEnteredBy X
00402009 OrderEntererLocation X
00402010 OrderCallbackPhoneNumber X
00402011 OrderCallbackTelecomInformation X
00402016 PlacerOrderNumberImagingServiceRequest Z
00402017 FillerOrderNumberImagingServiceRequest Z
00402400 ImagingServiceRequestComments X c
00403001 ConfidentialityConstraintOnPatientDataDescription X
00404005 ScheduledProcedureStepStartDateTime X t
00404008 ScheduledProcedureStepExpirationDateTime X t
00404010 ScheduledProcedureStepModificationDateTime X t
00404011 ExpectedCompletionDateTime X t
00404023 RETIRED_ReferencedGeneralPurposeScheduledProcedureStepTransactionUID U u
00404025 ScheduledStationNameCodeSequence X d
00404027 ScheduledStationGeographicLocationCodeSequence X d
00404028 PerformedStationNameCodeSequence X d
00404030 PerformedStationGeographicLocationCodeSequence X d
00404034 ScheduledHumanPerformersSequence X
00404035 ActualHumanPerformersSequence X
00404036 HumanPerformerOrganization X
00404037 HumanPerformerName X
00404050 PerformedProcedureStepStartDateTime X t
00404051 PerformedProcedureStepEndDateTime X t
00404052 ProcedureStepCancellationDateTime X t
0040a023 RETIRED_FindingsGroupRecordingDateTrial X t
0040a024 RETIRED_FindingsGroupRecordingTimeTrial X t
0040a027 VerifyingOrganization D
0040a030 VerificationDateTime D t
0040a032 ObservationDateTime X/D t
0040a033 ObservationStartDateTime X t
0040a073 VerifyingObserverSequence D
0040a075 VerifyingObserverName D
0040a078 AuthorObserverSequence X
0040a07a ParticipantSequence X
0040a07c CustodialOrganizationSequence X
0040a082 ParticipationDateTime Z t
0040a088 VerifyingObserverIdentificationCodeSequence Z
0040a110 RETIRED_DateOfDocumentOrVerbalTransactionTrial X t
0040a112 RETIRED_TimeOfDocumentCreationOrVerbalTransactionTrial X t
0040a120 DateTime D t
0040a121 Date D t
0040a122 Time D t
0040a123 PersonName D
0040a124 UID U
0040a13a ReferencedDateTime D t
0040a171 ObservationUID U u
0040a172 RETIRED_ReferencedObservationUIDTrial U u
0040a192 RETIRED_ObservationDateTrial X t
0040a193 RETIRED_ObservationTimeTrial X t
0040a307 RETIRED_CurrentObserverTrial X
0040a352 RETIRED_VerbalSourceTrial X
0040a353 RETIRED_AddressTrial X
0040a354 RETIRED_TelephoneNumberTrial X
0040a358 RETIRED_VerbalSourceIdentifierCodeSequenceTrial X
0040a402 RETIRED_ObservationSubjectUIDTrial U u
0040a730 ContentSequence D s
0040db06 RETIRED_TemplateVersion X t
0040db07 RETIRED_TemplateLocalVersion X t
0040db0c RETIRED_TemplateExtensionOrganizationUID U u
0040db0d RETIRED_TemplateExtensionCreatorUID U u
0040e004 HL7DocumentEffectiveTime X t
00420011 EncapsulatedDocument D
00440004 ApprovalStatusDateTime X t
0044000b ProductExpirationDateTime X t
00440010 SubstanceAdministrationDateTime X t
00440104 AssertionDateTime D t
00440105 AssertionExpirationDateTime X t
0050001b ContainerComponentID X
00500020 DeviceDescription X d
00500021 LongDeviceDescription X c
00620021 TrackingUID U u
00640003 SourceFrameOfReferenceUID U u
00686226 EffectiveDateTime D t
00686270 InformationIssueDateTime D t
006a0003 AnnotationGroupUID D u
006a0005 AnnotationGroupLabel D c
006a0006 AnnotationGroupDescription X c
00700001 GraphicAnnotationSequence D g
00700082 PresentationCreationDate X t
00700083 PresentationCreationTime X t
00700084 ContentCreatorName Z/D
00700086 ContentCreatorIdentificationCodeSequence X
0070031a FiducialUID U u
00701101 PresentationDisplayCollectionUID U u
00701102 PresentationSequenceCollectionUID U u
0072000a HangingProtocolCreationDateTime D t
0072005e SelectorAEValue D e
0072005f SelectorASValue D p
00720061 SelectorDAValue D t
00720063 SelectorDTValue D t
00720065 SelectorOBValue D
00720066 SelectorLOValue D c
00720068 SelectorLTValue D c
0072006a SelectorPNValue D
0072006b SelectorTMValue D t
0072006c SelectorSHValue D c
0072006d SelectorUNValue D
0072006e SelectorSTValue D c
00720070 SelectorUTValue D c
00720071 SelectorURValue D
00741234 ReceivingAE X e
00741236 RequestingAE X e
00880140 StorageMediaFileSetUID U u
00880200 IconImageSequence X
00880904 RETIRED_TopicTitle X
00880906 RETIRED_TopicSubject X
00880910 RETIRED_TopicAuthor X
00880912 RETIRED_TopicKeywords X
01000420 SOPAuthorizationDateTime X t
04000100 DigitalSignatureUID U
04000105 DigitalSignatureDateTime D t
04000115 CertificateOfSigner D
04000310 CertifiedTimestamp X t
04000402 ReferencedDigitalSignatureSequence X
04000403 ReferencedSOPInstanceMACSequence X
04000404 MAC X
04000550 ModifiedAttributesSequence X
04000551 NonconformingModifiedAttributesSequence X
04000552 NonconformingDataElementValue X
04000561 OriginalAttributesSequence X
04000562 AttributeModificationDateTime D t
04000563 ModifyingSystem D d
04000564 SourceOfPreviousValues Z i
04000565 ReasonForTheAttributeModification D c
04000600 InstanceOriginStatus X
20300020 TextString X
21000040 CreationDate X t
21000050 CreationTime X t
21000070 Originator X e
21000140 RETIRED_DestinationAE D e
22000002 LabelText X/Z c
22000005 BarcodeValue X/Z
30020121 PositionAcquisitionTemplateName X c
30020123 PositionAcquisitionTemplateDescription X c
30060002 StructureSetLabel D c
30060004 StructureSetName X c
30060006 StructureSetDescription X c
30060008 StructureSetDate Z t
30060009 StructureSetTime Z t
30060024 ReferencedFrameOfReferenceUID U u
30060026 ROIName Z c
30060028 ROIDescription X c
3006002d ROIDateTime X t
3006002e ROIObservationDateTime X t
30060038 ROIGenerationDescription X c
3006004d ROICreatorSequence X
3006004e ROIInterpreterSequence X
30060085 ROIObservationLabel X c
30060088 ROIObservationDescription X c
300600a6 ROIInterpreter Z
300600c2 RETIRED_RelatedFrameOfReferenceUID U u
30080024 TreatmentControlPointDate D t
30080025 TreatmentControlPointTime D t
30080054 FirstTreatmentDate X/D t
30080056 MostRecentTreatmentDate X/D t
30080105 SourceSerialNumber X/Z d
30080162 SafePositionExitDate D t
30080164 SafePositionExitTime D t
30080166 SafePositionReturnDate D t
30080168 SafePositionReturnTime D t
30080250 TreatmentDate X/D t
30080251 TreatmentTime X/D t
300a0002 RTPlanLabel D c
300a0003 RTPlanName X c
300a0004 RTPlanDescription X c
300a0006 RTPlanDate X/D t
300a0007 RTPlanTime X/D t
300a000b TreatmentSites X c
300a000e PrescriptionDescription X c
300a0013 DoseReferenceUID U u
300a0016 DoseReferenceDescription X c
300a0072 FractionGroupDescription X c
300a0083 ReferencedDoseReferenceUID U u
300a00b2 TreatmentMachineName X/Z d
300a00c3 BeamDescription X c
300a00dd BolusDescription X c
300a0196 FixationDeviceDescription X c
300a01a6 ShieldingDeviceDescription X c
300a01b2 SetupTechniqueDescription X c
300a0216 SourceManufacturer X d
300a022c SourceStrengthReferenceDate D t
300a022e SourceStrengthReferenceTime D t
300a02eb CompensatorDescription X c
300a0608 TreatmentPositionGroupLabel D c
300a0609 TreatmentPositionGroupUID U u
300a0611 RTAccessoryHolderSlotID Z
300a0615 RTAccessoryDeviceSlotID Z
300a0619 RadiationDoseIdentificationLabel D c
300a0623 RadiationDoseInVivoMeasurementLabel D c
300a062a RTToleranceSetLabel D c
300a0650 PatientSetupUID U u
300a0676 EquipmentFrameOfReferenceDescription X c
300a067c RadiationGenerationModeLabel D c
300a067d RadiationGenerationModeDescription Z c
300a0700 TreatmentSessionUID U u
300a0734 TreatmentToleranceViolationDescription D c
300a0736 TreatmentToleranceViolationDateTime D t
300a073a RecordedRTControlPointDateTime D t
300a0741 InterlockDateTime D t
300a0742 InterlockDescription D c
300a0760 OverrideDateTime D t
300a0783 InterlockOriginDescription D c
300a0785 ReferencedTreatmentPositionGroupUID U u
300a078e PatientTreatmentPreparationProcedureParameterDescription X c
300a0792 PatientTreatmentPreparationMethodDescription X c
300a0794 PatientSetupPhotoDescription X c
300a079a DisplacementReferenceLabel X c
300c0113 ReasonForOmissionDescription X c
300c0127 BeamHoldTransitionDateTime D dt
300e0004 ReviewDate Z t
300e0005 ReviewTime Z t
300e0008 ReviewerName X/Z
30100006 ConceptualVolumeUID U u
3010000b ReferencedConceptualVolumeUID U u
3010000f ConceptualVolumeCombinationDescription Z c
30100013 ConstituentConceptualVolumeUID U u
30100015 SourceConceptualVolumeUID U u
30100017 ConceptualVolumeDescription Z c
3010001b DeviceAlternateIdentifier Z
3010002d DeviceLabel D d
30100031 ReferencedFiducialsUID U u
30100033 UserContentLabel D c
30100034 UserContentLongLabel D c
30100035 EntityLabel D c
30100036 EntityName X c
30100037 EntityDescription X c
30100038 EntityLongLabel D c
3010003b RTTreatmentPhaseUID U u
30100043 ManufacturerDeviceIdentifier Z d
3010004c IntendedPhaseStartDate X/D t
3010004d IntendedPhaseEndDate X/D t
30100054 RTPrescriptionLabel D c
30100056 RTTreatmentApproachLabel X/D c
3010005a RTPhysicianIntentNarrative Z c
3010005c ReasonForSuperseding Z c
30100061 PriorTreatmentDoseDescription X c
3010006e DosimetricObjectiveUID U u
3010006f ReferencedDosimetricObjectiveUID U u
30100077 TreatmentSite X/D c
3010007a TreatmentTechniqueNotes Z c
3010007b PrescriptionNotes Z c
3010007f FractionationNotes Z c
30100081 PrescriptionNotesSequence Z c
30100085 IntendedFractionStartTime X t
40000010 RETIRED_Arbitrary X
40004000 RETIRED_TextComments X
40080040 RETIRED_ResultsID X
40080042 RETIRED_ResultsIDIssuer X
40080100 RETIRED_InterpretationRecordedDate X t
40080101 RETIRED_InterpretationRecordedTime X t
40080102 RETIRED_InterpretationRecorder X
40080108 RETIRED_InterpretationTranscriptionDate X t
40080109 RETIRED_InterpretationTranscriptionTime X t
4008010a RETIRED_InterpretationTranscriber X
4008010b RETIRED_InterpretationText X c
4008010c RETIRED_InterpretationAuthor X
40080111 RETIRED_InterpretationApproverSequence X
40080112 RETIRED_InterpretationApprovalDate X t
40080113 RETIRED_InterpretationApprovalTime X t
40080114 RETIRED_PhysicianApprovingInterpretation X
40080115 RETIRED_InterpretationDiagnosisDescription X c
40080118 RETIRED_ResultsDistributionListSequence X
40080119 RETIRED_DistributionName X
4008011a RETIRED_DistributionAddress X
40080200 RETIRED_InterpretationID X
40080202 RETIRED_InterpretationIDIssuer X
40080300 RETIRED_Impressions X c
40084000 RETIRED_ResultsComments X c
50xxxxxx CurveData X g
60xx3000 OverlayData X g
60xx4000 OverlayComments X g
fffafffa DigitalSignaturesSequence X
fffcfffc DataSetTrailingPadding X
`;

export const ROWS: readonly Row[] = TABLE.trim()
  .split("\n")
  .map((line) => {
    const [tag, keyword, basic, letters = ""] = line.split(" ");
    return { tag, keyword, basic: basic as BasicAction, letters: [...letters] as Letter[] };
  });
